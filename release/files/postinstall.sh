#!/bin/sh
# Runs after the files are there: at the first installation, and after an upgrade.
set -e

case "${1:-}" in
abort-* | triggered) exit 0 ;;
esac

if ! getent passwd gatehouse >/dev/null; then
	useradd --system --user-group --home-dir /var/lib/gatehouse --no-create-home --shell /usr/sbin/nologin gatehouse
fi
chown root:gatehouse /etc/gatehouse /etc/gatehouse/sites /etc/gatehouse/tls
chmod 0750 /etc/gatehouse /etc/gatehouse/sites /etc/gatehouse/tls
chown gatehouse:gatehouse /var/lib/gatehouse
chmod 0700 /var/lib/gatehouse

# A configuration that starts as it is, on this machine only, until somebody runs gatehouse init.
if [ ! -e /etc/gatehouse/gatehouse.yaml ]; then
	/usr/bin/gatehouse init --trial --directory /etc/gatehouse --data /var/lib/gatehouse
fi

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
	# A server that runs goes on with the new program; one that does not is not started.
	systemctl try-restart gatehouse.service || true
fi
