import { useId } from 'react';

/** A slider for a hue, over a strip that shows all hues as they look in this theme. */
export function HueSlider({ label, hue, onChange }: { label: string; hue: number; onChange: (hue: number) => void }) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block text-13 font-medium text-ink-2">
        {label}
      </label>
      <input
        id={id}
        type="range"
        min={0}
        max={359}
        value={hue}
        onChange={(event) => onChange(Number(event.target.value))}
        className="hue-slider h-6 w-full"
      />
    </div>
  );
}
