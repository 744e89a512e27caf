/** Names of the folders that are named by identifiers in the registry. Source: KnownFolders.h (FOLDERID_…). */
const FOLDERS: Readonly<Record<string, string>> = {
  '{0139D44E-6AFE-49F2-8690-3DAFCAE6FFB8}': 'CommonPrograms',
  '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}': 'System',
  '{1B3EA5DC-B587-4786-B4EF-BD1DC332AEAE}': 'Libraries',
  '{33E28130-4E1E-4676-835A-98395C3BC3BB}': 'Pictures',
  '{374DE290-123F-4565-9164-39C4925E467B}': 'Downloads',
  '{52A4F021-7B75-48A9-9F6B-4B87A210BC8F}': 'QuickLaunch',
  '{5E6C858F-0E22-4760-9AFE-EA3317B67173}': 'Profile',
  '{62AB5D82-FDC1-4DC3-A9DD-070D1D495D97}': 'ProgramData',
  '{6D809377-6AF0-444B-8957-A3773F02200E}': 'ProgramFilesX64',
  '{7C5A40EF-A0FB-4BFC-874A-C0F2E0B9FA8E}': 'ProgramFilesX86',
  '{905E63B6-C1BF-494E-B29C-65B732D3D21A}': 'ProgramFiles',
  '{9E3995AB-1F9C-4F13-B827-48B24B6C7174}': 'UserPinned',
  '{A4115719-D62E-491D-AA7C-E74B8BE3B067}': 'CommonStartMenu',
  '{A77F5D77-2E2B-44C3-A6A2-ABA601054A51}': 'Programs',
  '{B4BFCC3A-DB2C-424C-B029-7FE99A87C641}': 'Desktop',
  '{C4AA340D-F20F-4863-AFEF-F87EF2E6BA25}': 'PublicDesktop',
  '{D65231B0-B2F1-4857-A4CE-A8E7C6EA7D27}': 'SystemX86',
  '{F1B32785-6FBA-4FCF-9D55-7B8E7F157091}': 'LocalAppData',
  '{3EB685DB-65F9-4CF6-A03A-E3EF65729F3D}': 'RoamingAppData',
  '{F38BF404-1D43-42F2-9305-67DE0B28FC23}': 'Windows',
  '{FDD39AD0-238F-46AF-ADB4-6C85480369C7}': 'Documents',
};

/** The text with the identifier that it begins with replaced by the folder's name: `%System%\cmd.exe`. */
export function withFolderName(text: string): string {
  return text.replace(/^\{[0-9A-F-]{36}\}/i, (id) => {
    const name = FOLDERS[id.toUpperCase()];
    return name === undefined ? id : `%${name}%`;
  });
}
