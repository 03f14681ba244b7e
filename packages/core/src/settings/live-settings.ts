import {
  channels,
  instanceSettings,
  type InstanceSetting,
  type SettingName,
  type SettingValue,
  type SettingValues,
} from '@parley/contracts';
import type { BusSubscription } from '@parley/bus';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';

export interface LiveSettingsOptions {
  /** What variables of this process fix: `fixedSettings` of contracts. */
  fixed: Partial<SettingValues>;
  /** How often they are read anew, for news that the bus lost, in milliseconds. @default 5000 */
  everyMs?: number;
}

/** What an admin set, as it is stored. */
export type StoredSettings = Partial<Record<string, unknown>>;

/**
 * The settings of the server as they are in force in this process, in memory. The bus tells of a change at once; what it lost is found when they
 * are read anew every few seconds. Until they were read, and for a value that this version does not take, the default is in force.
 */
export class LiveSettings {
  readonly #deps: CoreDeps;
  readonly #fixed: Partial<SettingValues>;
  readonly #everyMs: number;
  #stored: StoredSettings = {};
  #reading: Promise<void> | null = null;
  #again = false;
  #timer: NodeJS.Timeout | null = null;
  #subscription: Promise<BusSubscription> | null = null;
  #closed = false;

  constructor(deps: CoreDeps, { fixed, everyMs = 5_000 }: LiveSettingsOptions) {
    this.#deps = deps;
    this.#fixed = fixed;
    this.#everyMs = everyMs;
  }

  /** Reads them, and keeps them up to date until {@link close}. Resolves once they were read; while the database is away, the defaults hold. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.refresh(), this.#everyMs).unref();
    this.#subscription = this.#deps.bus.subscribe(channels.instanceSettings, () => void this.refresh());
    this.#subscription.catch((error: unknown) => this.#deps.log.warn({ err: error }, 'the bus could not be asked for changes of settings'));
    await this.refresh();
  }

  get<N extends SettingName>(name: N): SettingValue<N> {
    const fixed = this.#fixed[name];
    if (fixed !== undefined) return fixed as SettingValue<N>;
    const { schema, default: fallback } = instanceSettings[name] as InstanceSetting;
    if (this.#stored[name] === undefined) return fallback as SettingValue<N>;
    const read = schema.safeParse(this.#stored[name]);
    return (read.success ? read.data : fallback) as SettingValue<N>;
  }

  /** Whether a variable of this process fixes the setting, so that nobody can set it. */
  isFixed(name: SettingName): boolean {
    return this.#fixed[name] !== undefined;
  }

  /** Whether what an admin set is in force. */
  isSet(name: SettingName): boolean {
    return !this.isFixed(name) && this.#stored[name] !== undefined;
  }

  /** Reads them anew; never rejects. A call during another reads once more after it, because that one may have begun before the change. */
  refresh(): Promise<void> {
    if (this.#reading) this.#again = true;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  close(): void {
    this.#closed = true;
    if (this.#timer) clearInterval(this.#timer);
    this.#subscription?.then(
      (subscription) => subscription.unsubscribe(),
      () => {},
    );
  }

  async #read(): Promise<void> {
    do {
      this.#again = false;
      try {
        const stored = await loadStoredSettings(this.#deps);
        if (this.#closed) return;
        this.#stored = stored;
      } catch (error) {
        if (!this.#closed) this.#deps.log.warn({ err: error }, 'the settings could not be read; those of before stay in force');
      }
    } while (this.#again && !this.#closed);
  }
}

/** What admins set, by its name. A later version may have stored settings that this one does not know. */
async function loadStoredSettings({ db }: Pick<CoreDeps, 'db'>): Promise<StoredSettings> {
  const rows = await db.$queryRaw<{ name: string; value: unknown }[]>(Prisma.sql`select name, value from instance_settings limit 1000`);
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}
