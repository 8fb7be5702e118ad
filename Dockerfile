# The builder is named by its tag: its digest could not be verified where this was written, and the tag follows Go's
# security releases. Nothing of it is shipped but what it compiled and its CA certificates; the image itself starts
# from nothing.
FROM golang:1.26 AS build
WORKDIR /src

# Dependencies change seldom: they have a layer of their own.
COPY go.mod go.sum ./
RUN go mod download

COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o jobsgateway .

FROM scratch
LABEL org.opencontainers.image.title="jobsgateway" \
      org.opencontainers.image.description="A GraphQL gateway over a Jobs REST API"

COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /src/jobsgateway /jobsgateway

# One line each: e2e/image/check.sh reads them.
ENV JOBSGW_LISTEN=0.0.0.0:8080
ENV JOBSGW_ADMIN_LISTEN=0.0.0.0:8081
ENV JOBSGW_LOG_FORMAT=json

# A number, so that an orchestrator can see that it is not root.
USER 65532:65532
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
ENTRYPOINT ["/jobsgateway"]
