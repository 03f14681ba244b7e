import { cx } from '../../components/ui/class-names.js';

/** A part of a whole as a thin bar; what it says stands beside it in words. @param share from 0 to 1 */
export function ShareBar({ share, isFull = false }: { share: number; isFull?: boolean }) {
  return (
    <span aria-hidden="true" className="block h-1 overflow-hidden rounded-full bg-line">
      <span className={cx('block h-full rounded-full', isFull ? 'bg-danger' : 'bg-accent')} style={{ width: `${share * 100}%` }} />
    </span>
  );
}
