/**
 * Connection tracking of one namespace: gives each packet its entry and state, and confirms entries.
 */
export { CtEntry } from './entry.ts';
