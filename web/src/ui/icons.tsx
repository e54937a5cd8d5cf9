// The icons, drawn for Carillon on a 24 px field with round strokes. All are decoration: the words are beside them.
import type { ComponentChildren, JSX } from 'preact';

export interface IconProps {
  readonly size?: number;
  readonly class?: string;
}

function Icon({ size = 24, class: name, children }: IconProps & { children: ComponentChildren }): JSX.Element {
  return (
    <svg
      class={name ? `icon ${name}` : 'icon'}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

const handset =
  'M6.6 3.6 9 3.2c.7-.1 1.3.3 1.5.9l1 2.6c.2.6 0 1.2-.4 1.6L9.6 9.6a12.6 12.6 0 0 0 4.8 4.8l1.3-1.5c.4-.5 1-.6 1.6-.4l2.6 1c.6.2 1 .8.9 1.5l-.4 2.4c-.2 1.1-1.1 1.9-2.2 1.9C10.3 19.3 4.7 13.7 4.7 5.8c0-1.1.8-2 1.9-2.2Z';

export const PhoneIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <path d={handset} />
  </Icon>
);

export const HangUpIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <path
      fill="currentColor"
      d="M3.2 14.9c-.9-1-.8-2.5.2-3.5 4.8-4.4 12.4-4.4 17.2 0 1 .9 1.1 2.5.2 3.5l-.9 1c-.5.5-1.3.7-2 .4l-2.3-1c-.6-.3-1-.9-1-1.6v-1.4a10.5 10.5 0 0 0-5.2 0v1.4c0 .7-.4 1.3-1 1.6l-2.3 1c-.7.3-1.5.1-2-.4l-.9-1Z"
    />
  </Icon>
);

export const VideoIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <rect x="2.8" y="6" width="12.4" height="12" rx="3" />
    <path d="m15.2 11 4.3-2.9c.7-.5 1.7 0 1.7.9v6c0 .9-1 1.4-1.7.9L15.2 13" />
  </Icon>
);

export const VideoOffIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <path d="M9.5 6h2.7a3 3 0 0 1 3 3v2.7M15.2 13l4.3 2.9c.7.5 1.7 0 1.7-.9V9c0-.9-1-1.4-1.7-.9L16 10.5M14.3 17.2c-.6.5-1.3.8-2.1.8H5.8a3 3 0 0 1-3-3V9c0-1.3.9-2.4 2-2.8M3.5 3.5l17 17" />
  </Icon>
);

export const MicIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <rect x="8.8" y="2.8" width="6.4" height="11.4" rx="3.2" />
    <path d="M5.2 11.5a6.8 6.8 0 0 0 13.6 0M12 18.3v2.9" />
  </Icon>
);

export const MicOffIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <path d="M15.2 9.5V6a3.2 3.2 0 0 0-6.1-1.4M8.8 8.8V11a3.2 3.2 0 0 0 5 2.650M5.2 11.5a6.8 6.8 0 0 0 10.9 5.4M18.8 11.5c0 1-.2 1.9-.6 2.7M12 18.3v2.9M3.5 3.5l17 17" />
  </Icon>
);

export const ScreenIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <rect x="2.8" y="4" width="18.4" height="12.6" rx="2.6" />
    <path d="M8.5 20.2h7M12 13V8M9.7 10 12 7.7l2.3 2.3" />
  </Icon>
);

export const ScreenOffIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <rect x="2.8" y="4" width="18.4" height="12.6" rx="2.6" />
    <path d="M8.5 20.2h7m-5.3-7.9 3.6-4m0 4-3.6-4" />
  </Icon>
);

export const AddPersonIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <circle cx="9.5" cy="8" r="3.7" />
    <path d="M2.8 19.7c.5-3.6 3.2-5.7 6.7-5.7 1.8 0 3.4.6 4.6 1.6M18 13.5v6M15 16.5h6" />
  </Icon>
);

export const PeopleIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <circle cx="9" cy="8" r="3.6" />
    <path d="M2.5 19.5c.5-3.5 3-5.5 6.5-5.5s6 2 6.5 5.5M15.5 4.7a3.6 3.6 0 0 1 0 6.6M18 14.6c2 .9 3.2 2.6 3.5 4.9" />
  </Icon>
);

export const DevicesIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <path d="M4 7.5h8.5M17.5 7.5H20M4 16.5h2.5M11.5 16.5H20" />
    <circle cx="15" cy="7.5" r="2.5" />
    <circle cx="9" cy="16.5" r="2.5" />
  </Icon>
);

export const SpeakerIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <path d="M4 9.5v5c0 .6.4 1 1 1h2.5l4 3.3c.6.5 1.5.1 1.5-.7V5.9c0-.8-.9-1.2-1.5-.7l-4 3.3H5c-.6 0-1 .4-1 1ZM16.5 9a4.3 4.3 0 0 1 0 6M19 6.5a8 8 0 0 1 0 11" />
  </Icon>
);

export const CloseIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <path d="m6 6 12 12M18 6 6 18" />
  </Icon>
);

export const CheckIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <path d="m5.5 12.5 4.2 4.2L18.5 8" />
  </Icon>
);

export const SearchIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <circle cx="10.8" cy="10.8" r="6.3" />
    <path d="m15.5 15.5 4.7 4.7" />
  </Icon>
);

export const SignOutIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <path d="M10 4H7a2.5 2.5 0 0 0-2.5 2.5v11A2.5 2.5 0 0 0 7 20h3M15 8l4 4-4 4M19 12H9.5" />
  </Icon>
);

export const WarningIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <path d="M10.6 4.3 2.9 17.6c-.6 1.1.1 2.4 1.4 2.4h15.4c1.3 0 2-1.3 1.4-2.4L13.4 4.3c-.6-1.1-2.2-1.1-2.8 0ZM12 9.5v4M12 16.7v.05" />
  </Icon>
);

export const InfoIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <circle cx="12" cy="12" r="8.7" />
    <path d="M12 11.2v5M12 7.8v.05" />
  </Icon>
);

export const OutgoingIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <path d="M7 17 17 7M9.5 7H17v7.5" />
  </Icon>
);

export const IncomingIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <path d="M17 7 7 17M14.5 17H7V9.5" />
  </Icon>
);

export const MissedIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <path d="m4 8 7.3 7.3c.4.4 1 .4 1.4 0L20 8M4 13V8h5" />
  </Icon>
);

export const KeyboardIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <rect x="2.8" y="6" width="18.4" height="12" rx="2.6" />
    <path d="M6.5 9.8h.05M10.2 9.8h.05M13.8 9.8h.05M17.5 9.8h.05M6.5 14.2h.05M17.5 14.2h.05M9.5 14.2h5" />
  </Icon>
);

export const AgainIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <path d="M19.5 12a7.5 7.5 0 1 1-2.4-5.5L19.5 9M19.5 4.5V9H15" />
  </Icon>
);

/** A bell as the mark draws it, in its own 24 px field. */
export const bellPath =
  'M12 3.2c-3.3 0-4.9 2.6-5 6-.1 3.6-.9 5.3-2.6 6.9-.5.5-.2 1.4.6 1.4h14c.8 0 1.1-.9.6-1.4-1.7-1.6-2.5-3.3-2.6-6.9-.1-3.4-1.7-6-5-6Z';

export const BellIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <path d={bellPath} />
    <path d="M12 1.8v1.4M9.8 20a2.3 2.3 0 0 0 4.4 0" />
  </Icon>
);

export const QuietIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <path d="M19.5 14.6A8 8 0 0 1 9.4 4.5a8 8 0 1 0 10.1 10.1Z" />
  </Icon>
);
export const MoreIcon = (props: IconProps): JSX.Element => (
  <Icon {...props}>
    <path d="M5 12h.01M12 12h.01M19 12h.01" stroke-width="2.8" />
  </Icon>
);

/** Four steps, from lost to good. */
export function SignalIcon({
  level,
  size = 18,
}: {
  readonly level: 0 | 1 | 2 | 3;
  readonly size?: number;
}): JSX.Element {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 18 18"
      fill="currentColor"
      aria-hidden="true"
      focusable="false"
    >
      {[0, 1, 2].map((step) => (
        <rect
          key={step}
          x={2 + step * 5}
          y={11 - step * 4}
          width="3.6"
          height={5 + step * 4}
          rx="1.4"
          opacity={step < level ? 1 : 0.3}
        />
      ))}
      {level === 0 && (
        <path d="m3 3 5 5m0-5L3 8" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" />
      )}
    </svg>
  );
}

/** The mark: two bells of one carillon, a large and a small one, hung from a beam. */
export function Mark({ size = 40 }: { readonly size?: number }): JSX.Element {
  return (
    <svg class="mark" width={size} height={size} viewBox="0 0 48 48" aria-hidden="true" focusable="false">
      <path class="mark-beam" d="M5 8.5h38" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round" />
      <g class="mark-bell">
        <path d="M15.5 8.5v3" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" />
        <path fill="currentColor" transform="translate(-.7 8) scale(1.350)" d={bellPath} />
        <circle fill="currentColor" cx="15.5" cy="34.5" r="2.7" />
      </g>
      <g class="mark-bell mark-small">
        <path d="M35 8.5v2.5" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" />
        <path fill="currentColor" transform="translate(25.4 8.5) scale(.8)" d={bellPath} />
        <circle fill="currentColor" cx="35" cy="24.6" r="1.8" />
      </g>
    </svg>
  );
}
