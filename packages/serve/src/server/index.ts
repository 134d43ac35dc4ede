// The service over HTTP: a plugin for an application of Fastify, and a server of its own.
export { createServer, type ServerOptions } from './create-server.js';
export { type RecommendationsOptions, recommendations } from './recommendations.js';
