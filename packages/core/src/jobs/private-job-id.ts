const prefix = 'private:';

/** The entry of the queue that wakes a worker for a private reply; those of replies in rooms are message ids. */
export function privateJobId(privateReplyId: string): string {
  return prefix + privateReplyId;
}

/** The private reply that an entry of the queue is for; null for a reply in a room. */
export function privateReplyOfJob(jobId: string): string | null {
  return jobId.startsWith(prefix) ? jobId.slice(prefix.length) : null;
}
