import { clockTime, dayName } from '../../components/time/time.js';
import { useToday } from '../../components/time/use-today.js';

/** Says when something was: `today, 14:03`. */
export function useMoment(): (instant: string) => string {
  const today = new Date(useToday());
  return (instant) => `${dayName(instant, today).replace(/^(?:Today|Yesterday)/, (word) => word.toLowerCase())}, ${clockTime(instant)}`;
}
