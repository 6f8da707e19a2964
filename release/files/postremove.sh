#!/bin/sh
# Runs after the files are gone. Only "purge" of dpkg takes configuration, keys, data and the user.
set -e

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload || true
fi
if [ "${1:-}" = purge ]; then
	rm -rf /etc/gatehouse /var/lib/gatehouse
	if getent passwd gatehouse >/dev/null; then
		userdel gatehouse || true
	fi
fi
