/** A browser that keeps cookies of one host by name, and follows redirects by hand: for what happens between a page and a provider. */
export class TestBrowser {
  readonly #cookies = new Map<string, Map<string, string>>();

  /** The cookies of an origin, as they would be sent. */
  cookies(origin: string): ReadonlyMap<string, string> {
    return this.#cookies.get(origin) ?? new Map();
  }

  async get(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const { origin } = new URL(url);
    const jar = this.#cookies.get(origin) ?? new Map<string, string>();
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', ...init, headers: { ...(cookie && { cookie }), ...init.headers } });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (name === undefined || value === undefined) continue;
      if (value === '' || /;\s*Max-Age=0|;\s*Expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    this.#cookies.set(origin, jar);
    return response;
  }

  /** Follows redirects until one leads to where `stop` says, or an answer is none. @returns the address that was not asked any more, or the last one */
  async follow(url: string | URL, stop: (url: URL) => boolean): Promise<URL> {
    let at = new URL(url);
    for (let hops = 0; hops < 20; hops++) {
      if (stop(at)) return at;
      const response = await this.get(at);
      const location = response.headers.get('location');
      await response.arrayBuffer();
      if (location === null) return at;
      at = new URL(location, at);
    }
    throw new Error(`too many redirects, the last to ${at.href}`);
  }
}
