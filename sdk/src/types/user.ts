// Users, as the server names them.

/** A user as others see them. `name` is the user id when the token had none. */
export interface UserInfo {
  readonly userId: string;
  readonly name: string;
}

/** Who this client is, as the server told in its welcome. */
export interface Me extends UserInfo {
  readonly deviceId: string;
}
