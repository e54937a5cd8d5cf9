// The small parts that pages are made of: names, pictures, buttons, dialogs.
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { colorOf, initials } from '../lib/names';
import { CloseIcon } from './icons';

/** A name as text that keeps its own direction and does not disturb its neighbours. */
export function Name({ children }: { readonly children: string }): JSX.Element {
  return (
    <bdi class="name" title={children}>
      {children}
    </bdi>
  );
}

/** Colours of pictures in styles/base.css: .avatar-0 … .avatar-7. */
const avatar_colors = 8;

export interface AvatarProps {
  readonly userId: string;
  readonly name: string;
  readonly size?: 'small' | 'medium' | 'large' | 'huge';
  readonly online?: boolean;
}

export function Avatar({ userId, name, size = 'medium', online }: AvatarProps): JSX.Element {
  return (
    <span class={`avatar avatar-${size} avatar-${colorOf(userId, avatar_colors)}`} aria-hidden="true">
      <bdi>{initials(name)}</bdi>
      {online !== undefined && <span class={online ? 'dot dot-on' : 'dot'} />}
    </span>
  );
}

export interface ButtonProps {
  readonly children: ComponentChildren;
  readonly onClick?: () => void;
  readonly kind?: 'primary' | 'plain' | 'quiet' | 'danger';
  readonly type?: 'button' | 'submit';
  readonly disabled?: boolean;
  readonly testId?: string;
  readonly class?: string;
}

export function Button({
  children,
  onClick,
  kind = 'plain',
  type = 'button',
  disabled,
  testId,
  class: name,
}: ButtonProps): JSX.Element {
  return (
    <button
      class={`button button-${kind} ${name ?? ''}`}
      type={type}
      onClick={onClick}
      disabled={disabled}
      data-testid={testId}
    >
      {children}
    </button>
  );
}

export interface RoundProps {
  readonly label: string;
  /** Shown below the button; the label when absent and `caption` is true. */
  readonly caption?: string;
  readonly children: ComponentChildren;
  readonly onClick: () => void;
  readonly kind?: 'plain' | 'off' | 'accept' | 'danger' | 'active';
  readonly large?: boolean;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
  readonly shortcut?: string;
  readonly testId: string;
}

/** A round button with an icon: the label is its name, the shortcut its hint. */
export function RoundButton(props: RoundProps): JSX.Element {
  const { label, caption, children, onClick, kind = 'plain', large, disabled, pressed, shortcut, testId } = props;
  return (
    <button
      type="button"
      class={`round round-${kind} ${large ? 'round-large' : ''}`}
      onClick={onClick}
      disabled={disabled}
      aria-label={label}
      aria-pressed={pressed}
      aria-keyshortcuts={shortcut}
      title={shortcut ? `${label} (${shortcut})` : label}
      data-testid={testId}
    >
      <span class="round-face">{children}</span>
      {caption !== undefined && <span class="round-caption">{caption}</span>}
    </button>
  );
}

export interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  readonly testId: string;
}

/** The browser's own modal dialog: it keeps the focus, closes with Escape, and gives the focus back. */
export function Dialog({ title, onClose, children, testId }: DialogProps): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    dialog?.showModal();
    // The field that the dialog is for, else the dialog itself: then its title is read first.
    (dialog?.querySelector<HTMLElement>('[data-autofocus]') ?? dialog)?.focus();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class="dialog"
      tabIndex={-1}
      aria-labelledby={id}
      data-testid={testId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === ref.current) onClose();
      }}
    >
      <div class="dialog-box">
        <header class="dialog-head">
          <h2 id={id}>{title}</h2>
          <button type="button" class="icon-button" aria-label="Close" onClick={onClose} data-testid="dialog-close">
            <CloseIcon size={22} />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
