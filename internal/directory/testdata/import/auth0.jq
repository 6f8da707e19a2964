["account_number", "company", "username", "email", "password_hash"],
(.[] | ["10482", "Northgate", .username // .email, .email, .passwordHash]) | @csv
