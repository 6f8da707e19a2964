#!/bin/sh
# Runs before the files go. dpkg says "remove" and rpm "0" if it is not for an upgrade.
set -e

case "${1:-}" in
remove | 0)
	if [ -d /run/systemd/system ]; then
		systemctl disable --now gatehouse.service gatehouse.socket || true
	fi
	;;
esac
