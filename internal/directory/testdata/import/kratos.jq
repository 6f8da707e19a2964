["account_number", "company", "username", "email", "first_name", "last_name", "active", "password_hash"],
(.[] | ["10482", "Northgate", .traits.email, .traits.email, .traits.name.first, .traits.name.last, .state == "active",
  .credentials.password.config.hashed_password // ""]) | @csv
