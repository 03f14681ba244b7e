import { fanOut, request } from '@parley/contracts';
import { z } from 'zod';

/** Channels for tests of what the bus does with any payload. */
export const told = (subject: string) => fanOut(subject, z.unknown());
export const asked = (subject: string) => request(subject, z.unknown(), z.unknown());
