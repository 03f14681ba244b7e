/** Is told what passes through a hub. It must not throw, and costs little: it is called for each batch. */
export interface HubWatch {
  /** Readers were given so many events of a batch, together. `leftOut`: those that readers which are behind were not given. */
  delivered(durable: number, ephemeral: number, leftOut: number): void;
  /**
   * Durable events came over the bus, for the call that this code runs for.
   *
   * @returns what is called once the readers here were given them
   */
  arrived(): (readers: number) => void;
}
