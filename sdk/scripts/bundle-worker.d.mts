/** The classic script that a service worker's entry becomes. */
export function bundleWorker(entry: string, alias?: { find: RegExp; replacement: string }[]): Promise<string>;
/** The path of the worker for apps that have none. */
export const ready: string;
