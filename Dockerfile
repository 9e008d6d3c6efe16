# The image of Aye: one static binary on a small base, not root, nothing to write but /data.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=development
RUN CGO_ENABLED=1 go build -trimpath -tags disable_grpc_modules,netgo,osusergo,sqlite_omit_load_extension \
    -ldflags "-s -w -linkmode external -extldflags -static -X main.version=${VERSION}" -o /aye ./cmd/aye \
    && mkdir /data && chown 65532:65532 /data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /aye /usr/bin/aye
COPY --from=build --chown=65532:65532 /data /data
ENV AYE_DATA_DIR=/data AYE_LISTEN=:8080 AYE_METRICS_LISTEN=:9464
VOLUME /data
EXPOSE 8080 9464
USER 65532:65532
ENTRYPOINT ["/usr/bin/aye"]
CMD ["serve"]
