["account_number", "company", "username", "email", "first_name", "last_name", "active", "password_hash"],
(.users[] | ([.credentials[]? | select(.type == "password")
    | (.secretData | fromjson) as $s | (.credentialData | fromjson) as $c | $c.additionalParameters as $a
    | if $c.algorithm == "argon2"
      then "$argon2\($a.type[0])$v=19$m=\($a.memory[0]),t=\($c.hashIterations),p=\($a.parallelism[0])$\($s.salt)$\($s.value)"
      else "$\($c.algorithm)$\($c.hashIterations)$\($s.salt)$\($s.value)" end][0] // "") as $hash
  | ["10482", "Northgate", .username, .email, .firstName, .lastName, .enabled, $hash]) | @csv
