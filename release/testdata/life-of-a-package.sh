#!/bin/bash
# Runs in a Debian that systemd has booted, with old.deb and new.deb in /gatehouse-test: installs,
# starts, upgrades, removes and purges. Everything it says is in the log of TestThePackageOfDebian.
set -eux
export DEBIAN_FRONTEND=noninteractive
cd /

pid() { systemctl show --property MainPID --value gatehouse; }
page() { # that of a host says this
	local text
	text=$(curl --fail --silent --show-error --max-time 10 --header "Host: $1" --header 'X-Forwarded-Proto: https' --header 'X-Forwarded-For: 192.0.2.7' http://127.0.0.1:8080/sign-in)
	[[ $text == *"$2"* ]]
}
soon() { # waits until a command does
	{ local -; set +x; } 2>/dev/null
	for _ in $(seq 100); do
		if "$@"; then return; fi
		sleep 0.2
	done
	return 1
}
modes() { stat --format '%U:%G %a' "$1"; }

# Installed: a user, a configuration that starts as it is, and keys that only the server reads.
dpkg -i /gatehouse-test/old.deb
[ "$(modes /etc/gatehouse)" = 'root:gatehouse 750' ]
[ "$(modes /etc/gatehouse/gatehouse.yaml)" = 'root:gatehouse 640' ]
[ "$(modes /etc/gatehouse/keys)" = 'gatehouse:gatehouse 600' ]
[ "$(modes /etc/gatehouse/credentials)" = 'root:root 700' ]
[ "$(modes /var/lib/gatehouse)" = 'gatehouse:gatehouse 700' ]
systemctl is-active gatehouse && exit 1 # nobody has asked for it yet

# Started: systemctl comes back when the server says that it is ready.
systemctl enable --now gatehouse
page trial.localhost:8080 'Sign in to Trial'
curl --fail --silent http://127.0.0.1:9090/readyz
[ "$(modes /var/lib/gatehouse/gatehouse.db)" = 'gatehouse:gatehouse 600' ]
runuser -u gatehouse -- gatehouse company create 'First company' --account-number 1
runuser -u gatehouse -- gatehouse user create first --company 1 --role admin
systemctl reload gatehouse
page trial.localhost:8080 'Sign in to Trial'

# A file among the credentials is a setting.
echo debug >/etc/gatehouse/credentials/log_level
systemctl restart gatehouse
curl --fail --silent --max-time 10 --output /dev/null --header 'Host: trial.localhost:8080' http://127.0.0.1:8080/.well-known/openid-configuration
soon sh -c 'journalctl --unit gatehouse --output cat | grep -q "\"level\":\"DEBUG\""'
rm /etc/gatehouse/credentials/log_level

# A server that hangs is restarted.
mkdir -p /run/systemd/system/gatehouse.service.d
printf '[Service]\nWatchdogSec=2\n' >/run/systemd/system/gatehouse.service.d/watchdog.conf
systemctl daemon-reload
systemctl restart gatehouse
hung=$(pid)
kill -STOP "$hung"
soon sh -c "[ \$(systemctl show --property MainPID --value gatehouse) != $hung ] && systemctl --quiet is-active gatehouse"
page trial.localhost:8080 'Sign in to Trial'

# Upgraded: the server goes on with the new program, and has what it had.
before=$(pid)
dpkg -i /gatehouse-test/new.deb
[ "$(dpkg-query --show --showformat '${Version}' gatehouse)" = 0.9.1 ]
[ "$(pid)" != "$before" ]
page trial.localhost:8080 'Sign in to Trial'
runuser -u gatehouse -- gatehouse user show first

# By its socket: the first visitor starts the server, and a restart refuses nobody.
systemctl stop gatehouse
mkdir -p /etc/systemd/system/gatehouse.socket.d
printf '[Socket]\nListenStream=\nListenStream=127.0.0.1:8080\n' >/etc/systemd/system/gatehouse.socket.d/listen.conf
systemctl daemon-reload
systemctl start gatehouse.socket
page trial.localhost:8080 'Sign in to Trial'
systemctl restart --no-block gatehouse
page trial.localhost:8080 'Sign in to Trial'

# A real site in the place of the trial, as docs/first-hour.md says, until its first user has signed in
# over https. (The certificate is from a file: nobody here would sign one.)
systemctl stop gatehouse.socket gatehouse
systemctl start gatehouse # somebody still looks at the trial
cd /etc/gatehouse/tls
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=accounts.acme.example \
	-addext subjectAltName=DNS:accounts.acme.example -keyout privkey.pem -out fullchain.pem 2>/dev/null
chown root:gatehouse privkey.pem && chmod 0640 privkey.pem
cd /
printf '%s\n' accounts.acme.example 'Acme Trade' help@acme.example smtp+plain://127.0.0.1:25 \
	/etc/gatehouse/tls/fullchain.pem,/etc/gatehouse/tls/privkey.pem | gatehouse init
[ "$(modes /etc/gatehouse/sites/acme-trade/site.yaml)" = 'root:gatehouse 640' ]
runuser -u gatehouse -- gatehouse migrate
systemctl enable gatehouse && systemctl restart gatehouse
runuser -u gatehouse -- gatehouse doctor | grep 'ok .*certificate'
runuser -u gatehouse -- gatehouse company create 'Northgate Systems' --account-number 10482
temporary=$(runuser -u gatehouse -- gatehouse user create msantos --company 10482 --role admin --first-name Maria --last-name Santos | sed -n 's/^Temporary password.*: //p')
visit() { # path, and fields of its form
	local path=$1 token field fields=()
	shift
	for field; do fields+=(--data-urlencode "$field"); done
	local browser=(curl --silent --show-error --max-time 20 --cacert /etc/gatehouse/tls/fullchain.pem --resolve accounts.acme.example:443:127.0.0.1 --cookie /tmp/jar --cookie-jar /tmp/jar)
	token=$("${browser[@]}" "https://accounts.acme.example$path" | grep --only-matching 'name="form_token" value="[^"]*"' | head -1 | cut -d'"' -f4)
	"${browser[@]}" --output /tmp/answer --write-out '%{http_code} %{redirect_url}\n' --header 'Origin: https://accounts.acme.example' --data-urlencode "form_token=$token" "${fields[@]}" "https://accounts.acme.example$path"
}
visit /sign-in username=msantos "password=$temporary"
visit /sign-in/password "old_password=$temporary" 'new_password=Harbour-Lantern-and-42-Bells' 'repeat_password=Harbour-Lantern-and-42-Bells'
visit /sign-in/factor later=yes
curl --fail --silent --show-error --cacert /etc/gatehouse/tls/fullchain.pem --resolve accounts.acme.example:443:127.0.0.1 --cookie /tmp/jar https://accounts.acme.example/api/v1/session | tee /tmp/answer
grep -q msantos /tmp/answer

# Removed: no program and no server; configuration and data stay.
dpkg -r gatehouse
systemctl is-active gatehouse && exit 1
[ ! -e /usr/bin/gatehouse ]
[ -e /etc/gatehouse/keys ]
[ -e /var/lib/gatehouse/gatehouse.db ]

# Purged: nothing.
dpkg -P gatehouse
[ ! -e /etc/gatehouse ]
[ ! -e /var/lib/gatehouse ]
getent passwd gatehouse && exit 1
touch /gatehouse-test/passed
