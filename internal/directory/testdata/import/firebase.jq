["account_number", "company", "username", "email", "active", "password_hash"],
(.users[] | ["10482", "Northgate", .email, .email, (.disabled | not),
  if .passwordHash then "$firescrypt$ln=\($mem),r=\($rounds),p=1$\(.salt)$\(.passwordHash)$\($separator)$\($key)" else "" end]) | @csv
