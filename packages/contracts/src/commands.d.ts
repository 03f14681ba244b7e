/** A slash command, as the composer completes it and the server parses it. */
export interface CommandView {
  /** Without the slash. */
  name: string;
  /** Arguments as shown in help: `[a]` optional, `|` either. Empty when it takes none. */
  args: string;
  help: string;
  /** True when the command's answer is seen by the asker alone. */
  private: boolean;
}
export declare const commands: readonly [
  {
    readonly name: 'summary';
    readonly args: '[unread | today | N]';
    readonly help: 'What was said, with sources';
    readonly private: false;
  },
  {
    readonly name: 'ask';
    readonly args: 'question';
    readonly help: 'Answer from this room';
    readonly private: false;
  },
  {
    readonly name: 'help';
    readonly args: '';
    readonly help: 'What you can type here';
    readonly private: true;
  },
];
export type CommandName = (typeof commands)[number]['name'];
/** Which messages a summary is about: all recent ones, the asker's unread, today's (UTC), or the last N. */
export type SummaryScope =
  | {
      kind: 'recent';
    }
  | {
      kind: 'unread';
    }
  | {
      kind: 'today';
    }
  | {
      kind: 'last';
      count: number;
    };
export type ParsedCommand =
  | {
      name: 'summary';
      scope: SummaryScope;
    }
  | {
      name: 'ask';
      question: string;
    }
  | {
      name: 'help';
    };
export type CommandParse =
  /** An ordinary message. */
  | {
      kind: 'none';
    }
  | {
      kind: 'command';
      command: ParsedCommand;
    }
  /** Never posted; `nearest` is the closest name we have, or null when nothing is close. */
  | {
      kind: 'unknown';
      name: string;
      nearest: CommandName | null;
    }
  | {
      kind: 'invalid';
      name: CommandName;
      reason: string;
    };
/** The most messages `/summary N` takes. */
export declare const maxSummaryMessages = 500;
/**
 * Reads a message as a command. A command is a slash at the very start, then a letter; `//` at the start and paths such as
 * `/usr/bin` are ordinary text. Names are case-insensitive.
 */
export declare function parseCommand(content: string): CommandParse;
/** The command at the smallest edit distance, if that is at most 2 and less than half the word. */
export declare function nearestCommand(name: string): CommandName | null;
/** The answer to `/help`, as Markdown. */
export declare function helpText(): string;
//# sourceMappingURL=commands.d.ts.map
