# The product as an image: `docker build -t securemint-shadow .`; grafana/compose.yaml builds it too.
FROM node:20.20.2-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# The package's own `prepare` would build before there are sources.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY legacy legacy
COPY loopp loopp
COPY harness harness
RUN npm run build
# Without `peer` a library that can be typed would keep the compiler.
RUN npm prune --omit=dev --omit=optional --omit=peer --ignore-scripts --no-audit --no-fund

FROM node:20.20.2-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production
# Nobody reaches a container's loopback. Writes stay refused until SECUREMINT_SHADOW_TOKEN is set.
ENV SECUREMINT_SHADOW_HTTP_HOST=0.0.0.0
ENV SECUREMINT_SHADOW_JOURNAL=/data
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY examples examples
RUN mkdir -p /data && chown node:node /data
VOLUME /data
USER node
EXPOSE 9470
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["node", "-e", "fetch('http://127.0.0.1:9470/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/src/cli/main.js"]
CMD ["serve"]
