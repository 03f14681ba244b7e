/** Why a draft cannot be sent as it is. */
export interface Problem {
  message: string;
  /** The whole draft as it was probably meant; null if nobody knows. */
  correction: string | null;
}

interface DraftProblemProps {
  id: string;
  problem: Problem;
  onCorrect: (correction: string) => void;
}

/** Says below the box what is wrong with the draft, and offers what was probably meant. */
export default function DraftProblem({ id, problem: { message, correction }, onCorrect }: DraftProblemProps) {
  return (
    <p id={id} role="alert" className="mt-1.5 px-1 text-13 text-danger">
      {message}
      {correction !== null && (
        <>
          {' Did you mean '}
          <button
            type="button"
            className="rounded-chip font-mono font-medium underline underline-offset-3"
            onClick={() => onCorrect(correction)}
          >
            {correction.split(/\s/)[0]}
          </button>
          ?
        </>
      )}
    </p>
  );
}
