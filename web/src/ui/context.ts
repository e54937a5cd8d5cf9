// Hands the store and the actions to every page.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Actions, Store } from '../state/store';

export interface App {
  readonly store: Store;
  readonly actions: Actions;
}

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
  const app = useContext(AppContext);
  if (!app) throw new Error('no AppContext around this page');
  return app;
}
