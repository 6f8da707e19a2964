package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"gatehouse/internal/systemd"
)

// doors are the sockets of a server.
type doors struct {
	public, management net.Listener
	reports            *reportListener
}

// openDoors takes the sockets that a service manager has opened, and opens the others.
func openDoors(cfg *Config) (*doors, error) {
	handed, err := systemd.Handed()
	if err != nil {
		return nil, err
	}
	d := &doors{}
	if d.public, err = listen(handed, "listen", cfg.Listen); err == nil {
		d.management, err = listen(handed, "management", cfg.Management)
	}
	if err == nil {
		d.reports, err = listenReports(handed, cfg)
	}
	if left := handed.Left(); err == nil && len(left) > 0 {
		err = usageError{fmt.Errorf("the service manager hands over a socket with the name %s\nFileDescriptorName= of its unit must be listen, management or bounces.listen, and that setting must be there", strings.Join(left, ", "))}
	}
	if err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *doors) close() {
	if d.public != nil {
		d.public.Close()
	}
	if d.management != nil {
		d.management.Close()
	}
	d.reports.close()
}

// listen listens at an address, or at the socket that was handed over for it; its error
// names the setting.
func listen(handed systemd.Sockets, key, address string) (net.Listener, error) {
	if l := handed.Take(key); l != nil {
		if err := sameAddress(key, address, l.Addr()); err != nil {
			l.Close()
			return nil, usageError{err}
		}
		return l, nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %s cannot be had: %w\nAnother process may have it already, or it needs more rights: choose another address", key, address, err)
	}
	return l, nil
}

// sameAddress refuses a socket elsewhere than the configuration says: what was checked
// there, such as that plain http is for this machine only, would not hold for it.
func sameAddress(key, address string, socket net.Addr) error {
	wanted, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	got, ok := socket.(*net.TCPAddr)
	everywhere := func(ip net.IP) bool { return len(ip) == 0 || ip.IsUnspecified() }
	if ok && got.Port == wanted.Port && (got.IP.Equal(wanted.IP) || everywhere(got.IP) && everywhere(wanted.IP)) {
		return nil
	}
	return fmt.Errorf("%s: is %s, but the socket of the service manager is at %s\nMake ListenStream= of its unit and %s the same", key, address, socket, key)
}

// alive asks the server's own management address whether it answers.
func (d *doors) alive(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.management.Addr().String()+"/healthz", nil)
	if err != nil {
		return err
	}
	// A connection of its own, and no proxy of the environment: a kept one would not
	// show that new ones are taken.
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return errors.New(answer.Status)
	}
	return nil
}
