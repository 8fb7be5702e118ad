package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"jobsgateway/internal/gateway"
	"jobsgateway/internal/settings"
	"jobsgateway/internal/trusted"
)

// trustOf has the modes of --trusted-documents.
var trustOf = map[string]gateway.Trust{
	"off": gateway.TrustAll, "log": gateway.TrustLog, "require": gateway.TrustRequire,
}

// trustDocuments lists the documents of the settings in a gateway, if there shall be a list. Then reload lists
// them again at each hang-up, until its ctx ends; if something is wrong with them, the log says what, and the
// list stays as it is. Errors: what is wrong with the documents at the start.
func trustDocuments(
	set settings.Settings, to *gateway.Gateway, logger *slog.Logger,
) (reload func(context.Context) error, err error) {
	if trustOf[set.TrustedDocuments] == gateway.TrustAll {
		return func(context.Context) error { return nil }, nil
	}
	list := func() error {
		documents, err := trusted.Read(set.TrustedDocumentsPath)
		if err == nil {
			err = to.Trust(documents)
		}
		if err != nil {
			return fmt.Errorf("--trusted-documents-path (JOBSGW_TRUSTED_DOCUMENTS_PATH): %w", err)
		}
		logger.Info("trusted documents", "documents", to.TrustedDocuments(), "mode", set.TrustedDocuments)
		return nil
	}
	if err := list(); err != nil {
		return nil, err
	}
	// It is never stopped: the process would end at a hang-up that comes while it is ending.
	hangUps := make(chan os.Signal, 1)
	signal.Notify(hangUps, syscall.SIGHUP)
	return func(ctx context.Context) error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-hangUps:
				if err := list(); err != nil {
					logger.Error("trusted documents not replaced", "error", err.Error())
				}
			}
		}
	}, nil
}
