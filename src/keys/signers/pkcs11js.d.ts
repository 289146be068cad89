/*
 * What is used of pkcs11js. Its own types cannot be relied on: it is an optional dependency, and the sources are compiled
 * without it too.
 */
declare module 'pkcs11js' {
  interface Attribute {
    readonly type: number;
    readonly value?: number | boolean | string | Buffer;
  }

  export class PKCS11 {
    load(path: string): void;
    C_Initialize(): void;
    C_Finalize(): void;
    C_GetInfo(): {
      readonly manufacturerID: string;
      readonly libraryDescription: string;
      readonly libraryVersion: { readonly major: number; readonly minor: number };
    };
    C_GetSlotList(tokenPresent: boolean): Buffer[];
    C_GetSlotInfo(slot: Buffer): { readonly slotDescription: string; readonly manufacturerID: string };
    C_GetTokenInfo(slot: Buffer): {
      readonly label: string;
      readonly manufacturerID: string;
      readonly model: string;
      readonly serialNumber: string;
      readonly flags: number;
    };
    C_OpenSession(slot: Buffer, flags: number): Buffer;
    C_CloseSession(session: Buffer): void;
    C_GetSessionInfo(session: Buffer): { readonly state: number };
    C_Login(session: Buffer, user: number, pin?: string): void;
    C_FindObjectsInit(session: Buffer, template: readonly Attribute[]): void;
    C_FindObjects(session: Buffer, max: number): Buffer[];
    C_FindObjectsFinal(session: Buffer): void;
    C_GetAttributeValue(
      session: Buffer,
      object: Buffer,
      template: readonly Attribute[],
    ): readonly { readonly value: Buffer }[];
    C_SignInit(session: Buffer, mechanism: { readonly mechanism: number }, key: Buffer): void;
    C_SignAsync(session: Buffer, data: Buffer, out: Buffer): Promise<Buffer>;
  }
}
