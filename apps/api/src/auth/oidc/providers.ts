import type { AdminGroups } from '@parley/core/accounts/apply-groups';
import { DoorCookie } from './door-cookie.js';
import { ProviderClient } from './provider-client.js';
import type { ProviderSettings } from './provider-settings.js';

/** The providers of identities that this server lets people in by. */
export class Providers {
  readonly cookie: DoorCookie;
  /** The groups whose people are admins, by provider. */
  readonly adminGroups: AdminGroups;
  readonly #clients: ReadonlyMap<string, ProviderClient>;

  /** @param secret shared by all processes */
  constructor(settings: readonly ProviderSettings[], secret: string) {
    this.cookie = new DoorCookie(secret);
    this.#clients = new Map(settings.map((each) => [each.id, new ProviderClient(each)]));
    this.adminGroups = Object.fromEntries(settings.map(({ id, adminGroups }) => [id, adminGroups]));
  }

  get(id: string): ProviderClient | undefined {
    return this.#clients.get(id);
  }

  /** In the order of their names. */
  get all(): readonly ProviderSettings[] {
    return [...this.#clients.values()].map(({ settings }) => settings).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }
}
