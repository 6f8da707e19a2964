package assembly

import (
	"context"
	"crypto/tls"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"time"

	"gatehouse/internal/web/ui"
)

// Limits on what a connection may take (ASVS 4.2; slow and endless requests).
const (
	headerTime   = 10 * time.Second
	requestTime  = 30 * time.Second
	answerTime   = 60 * time.Second
	idleTime     = 2 * time.Minute
	headerBytes  = 64 << 10 // of which the handler takes half: see web.Server
	finishWithin = 25 * time.Second
)

// Serve answers on a listener until ctx ends; then it takes no more connections and
// returns when what was begun is finished, at most after 25 seconds. With a TLS
// configuration it speaks HTTP/1.1 and HTTP/2 over TLS, without one HTTP/1.1.
func Serve(ctx context.Context, l net.Listener, h http.Handler, secure *tls.Config, errorLog *slog.Logger) error {
	server := &http.Server{
		Handler: h, TLSConfig: secure,
		ReadHeaderTimeout: headerTime, ReadTimeout: requestTime, WriteTimeout: answerTime, IdleTimeout: idleTime,
		MaxHeaderBytes: headerBytes,
		ErrorLog:       log.New(connectionErrors{errorLog}, "", 0),
		// Not ctx itself: what was begun goes on when it ends.
		BaseContext: func(net.Listener) context.Context { return ui.WithStop(context.WithoutCancel(ctx), ctx.Done()) },
	}
	finished := make(chan error, 1)
	go func() {
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishWithin)
		defer cancel()
		finished <- server.Shutdown(last)
	}()
	var err error
	if secure != nil {
		err = server.ServeTLS(l, "", "")
	} else {
		err = server.Serve(dressed{l})
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-finished
}

// connectionErrors puts what net/http says about broken connections into the log.
type connectionErrors struct{ log *slog.Logger }

func (c connectionErrors) Write(line []byte) (int, error) {
	c.log.Debug("connection", "error", string(line))
	return len(line), nil
}

// TLS is the configuration for a certificate that is read again whenever it is
// asked for after Reload.
func TLS(get func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: get, NextProtos: []string{"h2", "http/1.1"}}
}
