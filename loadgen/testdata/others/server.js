// A server of files, on sockets that it inherits: 3 plain, 4 a Unix socket, 5 TLS. Its log: number of the connection, method, path.
const fs = require('fs')
const http = require('http')
const https = require('https')
const zlib = require('zlib')

let connections = 0

function answer(request, reply) {
  fs.writeSync(1, `${request.socket.number} ${request.method} ${request.url}\n`)
  switch (request.url) {
    case '/hello': return reply.end('hello\n')
    case '/connection': return reply.end(`${request.socket.number}`)
    case '/echo': return request.pipe(reply)
    case '/chunked': for (let i = 0; i < 2; i++) reply.write('hello\n'); return reply.end('hello\n')
    case '/gzip':
      if (!/gzip/.test(request.headers['accept-encoding'])) return reply.end('hello\n')
      return reply.writeHead(200, {'Content-Encoding': 'gzip'}).end(zlib.gzipSync('hello\n'))
    case '/close': return reply.writeHead(200, {'Connection': 'close'}).end('hello\n')
    case '/204': return reply.writeHead(204).end()
    case '/304': return reply.writeHead(304).end()
  }
  fs.readFile(request.url.slice(1), (missing, body) => missing ? reply.writeHead(404).end('no such file\n') : reply.end(body))
}

const numbered = socket => { socket.number = ++connections }
for (const fd of [3, 4]) http.createServer(answer).on('connection', numbered).listen({fd})
https.createServer({cert: fs.readFileSync('server.pem'), key: fs.readFileSync('server.key')}, answer)
  .on('secureConnection', numbered).listen({fd: 5})
