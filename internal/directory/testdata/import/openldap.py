import base64, csv, sys
out = csv.writer(sys.stdout, lineterminator="\n")
out.writerow(["account_number", "company", "username", "email", "first_name", "last_name", "password_hash"])
for entry in sys.stdin.read().replace("\n ", "").split("\n\n"):
    a = {}
    for line in entry.splitlines():
        name, _, value = line.partition(":")
        a.setdefault(name, base64.b64decode(value[1:]).decode() if value[:1] == ":" else value.strip())
    if "uid" in a:
        out.writerow(["10482", "Northgate"] + [a.get(k, "") for k in ("uid", "mail", "givenName", "sn", "userPassword")])
