using System.Runtime.InteropServices;

namespace PatchContainers.Packages;

/// <summary>What one file of a package database lists.</summary>
internal sealed class PackageDatabase
{
    public List<InstalledPackage> Packages { get; } = [];

    public List<UnassessedPackage> Unassessed { get; } = [];

    /// <summary>Notes what could not be read, by name where there is one, with file, line and fault.</summary>
    public void AddFault(string path, int line, string? package, string? version, string fault) => Unassessed.Add(new UnassessedPackage(
        string.IsNullOrEmpty(package) ? path : package, version ?? string.Empty, $"{path}, line {line}: {fault}."));

    public static MemoryStream Open(ReadOnlyMemory<byte> content) => MemoryMarshal.TryGetArray(content, out var segment)
        ? new MemoryStream(segment.Array!, segment.Offset, segment.Count, writable: false)
        : new MemoryStream(content.ToArray(), writable: false);
}
