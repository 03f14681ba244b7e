/** An answer that a character owes, as the server hands it to the program that writes it. */
export interface AgentTaskView {
  taskId: string;
  attempt: number;
  leaseMs: number;
  roomId: string;
  messageId: string;
  prompt: string;
  messages: { role: 'user' | 'assistant'; content: string }[];
  askedBy: { name: string; handle: string };
  trigger: { kind: string; messageId: string; question: string | null; data?: Record<string, unknown> };
  private: boolean;
  stopRequested: boolean;
}
