/**
 * HTTP over sockets: what netstack offers to programs, servers (http-server.ts) and clients (http-client.ts).
 */
export {
  type HttpClientRequest,
  HttpConnection,
  type HttpConnectOptions,
  type HttpFailure,
  type HttpReply,
  httpConnect,
} from './http-client.ts';
export {
  type HttpHandler,
  type HttpRequest,
  type HttpResponse,
  type HttpServeOptions,
  HttpServer,
  type HttpWrite,
  httpServe,
  serveRequests,
} from './http-server.ts';
