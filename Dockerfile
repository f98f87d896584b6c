# Signalbox as a service. The agents' own programs are not in it: examples/deploy/README.md says how they get there.
#   docker build -t signalbox .
#   docker run -d -e SIGNALBOX_API_TOKEN=… -p 127.0.0.1:8500:8500 -v signalbox:/data -v /srv/repositories:/srv/repositories signalbox

FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
# No install scripts: SQLite's binary lies ready in its package, and there is no compiler here to make another; Node is the image's.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates git tini \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/signalbox
COPY --from=build /src/package.json /src/LICENSE /src/CHANGELOG.md /src/signalbox.schema.json ./
COPY --from=build /src/bin bin
COPY --from=build /src/node_modules node_modules
COPY --from=build /src/dist dist
COPY --from=build /src/man man
COPY --from=build /src/prompts prompts
COPY --from=build /src/texts texts
COPY --from=build /src/docs docs
COPY --from=build /src/examples examples
# The user `node` of the image, by its number, so that it can be seen from outside that this is not root. A volume that is
# mounted here for the first time takes over owner and permission.
RUN ln -s /opt/signalbox/bin/signalbox.js /usr/local/bin/signalbox && install -d -m 0700 -o 1000 -g 1000 /data
USER 1000:1000
ENV HOME=/home/node NODE_ENV=production SIGNALBOX_DATA=/data
WORKDIR /data
VOLUME /data
EXPOSE 8500
# Without a token: /health is open. No curl: Node is here anyway.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8500/health').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# What an agent has left behind becomes a child of process 1, and tini buries it.
ENTRYPOINT ["tini", "--"]
# Refuses to start without SIGNALBOX_API_TOKEN or another token. The end of a container is the end of every process in it, so
# agents are stopped after a checkpoint instead of being killed with it; what they were at goes on with the next start.
CMD ["signalbox", "serve", "--host", "0.0.0.0", "--data", "/data", "--stop-agents"]
