namespace PatchContainers.Packages;

/// <summary>What <c>/etc/os-release</c> says (os-release(5)).</summary>
/// <param name="Id"><c>ID</c>, lower case: <c>debian</c>, <c>alpine</c>.</param>
/// <param name="VersionId"><c>VERSION_ID</c>: <c>12</c>, <c>3.19.1</c>; empty where there is none (a rolling release).</param>
/// <param name="Codename"><c>VERSION_CODENAME</c>; empty where there is none.</param>
/// <param name="PrettyName"><c>PRETTY_NAME</c>, for people.</param>
public sealed record OsRelease(string Id, string VersionId, string Codename, string PrettyName);
