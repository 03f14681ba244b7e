import type { Page, WebSocketRoute } from 'playwright-core';
import { expect } from 'vitest';
import { gate, type Gate } from '@parley/model-server';

/** Answers to one procedure that are on their way until the gate is opened. */
export interface Held extends Gate {
  /** Settles once it is called. */
  asked: Promise<void>;
  /** Settles once the first answer was handed to the page. */
  answered: Promise<void>;
  /** How often it was called. */
  calls(): number;
}

/** A page's socket on which single answers and events can be late. */
export interface SlowLine {
  /** Holds back the answers to this procedure; of a subscription, all it brings. */
  hold(procedure: string): Held;
  /** Holds back what matches. */
  holdEvents(match: RegExp): Gate;
  /** Breaks the connection. The page makes a new one, unless the line is down. */
  cut(): void;
  /** Takes the browser off its network, or back: there is no connection meanwhile, and the page has been told when this resolves. */
  setOffline(offline: boolean): Promise<void>;
}

/** Call it before the page is opened. */
export async function slowLine(page: Page): Promise<SlowLine> {
  const held = new Map<string, { opened: Promise<void>; asked(): void; answered(): void }>();
  const events: { match: RegExp; opened: Promise<void> }[] = [];
  const sockets = new Set<WebSocketRoute>();
  // Playwright's stand-in for a socket connects from outside of the browser, which is not offline.
  let back: Gate | null = null;
  await page.routeWebSocket(/\/trpc/, async (socket) => {
    await back?.opened;
    sockets.add(socket);
    const server = socket.connectToServer();
    const procedures = new Map<number, string>();
    socket.onMessage((message) => {
      for (const { id, path } of callsIn(String(message))) {
        procedures.set(id, path);
        held.get(path)?.asked();
      }
      // What is sent between the loss of the network and the end of the socket gets nowhere, nor does what comes.
      if (!back) server.send(message);
    });
    server.onMessage((message) => {
      if (back) return;
      const text = String(message);
      const procedure = procedures.get(Number(/^\{"id":(\d+)/.exec(text)?.[1]));
      const call = procedure === undefined ? undefined : held.get(procedure);
      const late = call?.opened ?? events.find(({ match }) => match.test(text))?.opened;
      if (!late) return socket.send(message);
      void late.then(() => {
        socket.send(message);
        call?.answered();
      });
    });
  });
  // A real socket that is closed before it is open fails, and says so. The stand-in only closes, and whoever waits for it to open waits for ever.
  await page.addInitScript(() => {
    const { prototype } = WebSocket;
    // oxlint-disable-next-line typescript/unbound-method -- called with its socket below
    const { close } = prototype;
    prototype.close = function (code, reason) {
      const failed = this.readyState === WebSocket.CONNECTING;
      if (failed) this.dispatchEvent(new Event('error'));
      close.call(this, code, reason);
    };
  });
  const cut = () => {
    for (const socket of sockets) void socket.close();
    sockets.clear();
  };
  return {
    hold(procedure) {
      const [door, first, handed] = [gate(), gate(), gate()];
      let calls = 0;
      held.set(procedure, {
        opened: door.opened,
        asked: () => {
          calls++;
          first.open();
        },
        answered: handed.open,
      });
      return { opened: door.opened, open: door.open, asked: first.opened, answered: handed.opened, calls: () => calls };
    },
    holdEvents(match) {
      const door = gate();
      const event = { match, opened: door.opened };
      events.push(event);
      const open = () => {
        events.splice(events.indexOf(event), 1);
        door.open();
      };
      return { opened: door.opened, open };
    },
    cut,
    async setOffline(offline) {
      if (offline) back ??= gate();
      await page.context().setOffline(offline);
      // Asked from here: a page whose clock stands still asks itself nothing.
      await expect.poll(() => page.evaluate(() => navigator.onLine)).toBe(!offline);
      if (offline) return cut();
      back?.open();
      back = null;
    },
  };
}

function callsIn(message: string): { id: number; path: string }[] {
  if (!/^[[{]/.test(message)) return [];
  const calls = [JSON.parse(message)].flat() as { id: number; params?: { path?: string } }[];
  return calls.flatMap(({ id, params }) => (params?.path === undefined ? [] : [{ id, path: params.path }]));
}
