# syntax=docker/dockerfile:1

# Makes the package as it is published.
FROM node:22-bookworm-slim AS build
WORKDIR /source
COPY . .
RUN npm ci --no-audit --no-fund && npm run package

# Installs it as a user would. The first query restores links between PostgreSQL's libraries, which npm packages cannot
# hold, while the folder can still be written to; and an image whose PostgreSQL does not run is not made.
FROM node:22-bookworm-slim AS install
COPY --from=build /source/build/millrace-*.tgz /packages/
RUN npm install --global --prefix /opt/millrace --no-audit --no-fund /packages/millrace-[0-9]*.tgz \
  && MILLRACE_HOME=/tmp/millrace /opt/millrace/bin/millrace query 'select millrace.version()' \
  && rm -rf /tmp/millrace

# PostgreSQL's binaries want glibc, so this cannot be Alpine.
FROM node:22-bookworm-slim AS millrace
RUN useradd --system --uid 10001 --user-group --home-dir /var/lib/millrace --shell /usr/sbin/nologin millrace \
  && install --directory --owner millrace --group millrace --mode 700 /var/lib/millrace
COPY --from=install /opt/millrace /opt/millrace
# docker stop kills after ten seconds. With few arenas, glibc keeps less of the memory that passes from thread to thread.
ENV PATH=/opt/millrace/bin:$PATH MILLRACE_HOME=/var/lib/millrace MILLRACE_SHUTDOWN_GRACE_SECONDS=5 MALLOC_ARENA_MAX=2
USER millrace
WORKDIR /var/lib/millrace
VOLUME /var/lib/millrace
EXPOSE 9193
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["millrace", "service", "status"]
ENTRYPOINT ["millrace"]
CMD ["serve", "--listen", "network"]
