/** Sizes and counts that both sides of the wire agree on. Everything an operator may tune lives in an app's `env.ts` instead. */
/** The longest message a person may send, in bytes of UTF-8. */
export declare const maxMessageBytes: number;
/** The longest answer a character may give, in bytes of UTF-8; the worker stops the model there and says so. */
export declare const maxReplyBytes: number;
/** The most messages one page of history holds. */
export declare const maxPageSize = 100;
/** How many characters one message may call at once. */
export declare const maxRepliesPerMessage = 5;
/** The most distinct emoji on one message. */
export declare const maxReactionsPerMessage = 20;
export declare const maxRoomNameLength = 80;
export declare const maxTopicLength = 250;
export declare const minUsernameLength = 2;
export declare const maxUsernameLength = 32;
export declare const maxDisplayNameLength = 64;
export declare const minPasswordLength = 8;
/** argon2id takes any length; the bound keeps one request from being a megabyte of hashing. */
export declare const maxPasswordLength = 256;
export declare const maxSystemPromptLength = 16000;
/** Length of a text in bytes of UTF-8, the unit of {@link maxMessageBytes} and {@link maxReplyBytes}. */
export declare function utf8Bytes(text: string): number;
//# sourceMappingURL=limits.d.ts.map
