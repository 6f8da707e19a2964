["account_number", "company", "username", "email", "first_name", "last_name", "password_hash"],
(.orgs[].humanUsers[].user | ["10482", "Northgate", .userName, .email.email, .profile.firstName, .profile.lastName,
  .hashedPassword.value // ""]) | @csv
