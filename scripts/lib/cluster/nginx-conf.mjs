/**
 * The configuration of the nginx in front: every request, and every WebSocket, goes to the API with the fewest connections. The page and
 * its files come from the APIs too. deploy/nginx/nginx.conf is the same for containers.
 *
 * @param {{ port: number, apiPorts: number[], directory: string }} options `directory`: for its pid, logs and buffers
 * @returns {string}
 */
export function nginxConf({ port, apiPorts, directory }) {
  const upstreams = apiPorts.map((apiPort) => `    server 127.0.0.1:${apiPort} max_fails=1 fail_timeout=2s;`).join('\n');
  const quoted = (name) => JSON.stringify(`${directory}/${name}`);
  return `daemon off;
worker_processes 1;
pid ${quoted('nginx.pid')};
error_log stderr warn;

events {
  worker_connections 8192;
}

http {
  access_log off;
  client_body_temp_path ${quoted('body')};
  proxy_temp_path ${quoted('proxy')};
  fastcgi_temp_path ${quoted('fastcgi')};
  uwsgi_temp_path ${quoted('uwsgi')};
  scgi_temp_path ${quoted('scgi')};

  upstream apis {
    least_conn;
${upstreams}
    keepalive 64;
  }

  # A request that asks to become a WebSocket keeps its wish; all others share connections.
  map $http_upgrade $connection_header {
    default upgrade;
    '' '';
  }

  server {
    listen 127.0.0.1:${port};
    client_max_body_size 64m;

    location / {
      proxy_pass http://apis;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_header;
      # Replaced, not appended to: what a client claims about itself is not believed.
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      # Events must not wait for a buffer to fill.
      proxy_buffering off;
      proxy_connect_timeout 2s;
      # Sockets are kept alive by pings of the API; this only has to be longer than those.
      proxy_read_timeout 1h;
      proxy_send_timeout 1h;
      # Another API answers if this one is gone, but a write is never sent twice.
      proxy_next_upstream error timeout http_503;
    }
  }
}
`;
}
