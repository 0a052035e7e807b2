using System.Buffers;

namespace PatchContainers.Packages.Dpkg;

/// <summary>
/// dpkg's database: <c>var/lib/dpkg/status</c>, and the files of <c>status.d</c> that distroless images have instead. Listed is
/// whatever has files on the disk, from <c>half-installed</c> to <c>installed</c> (dpkg(1), "Package states"): a program that is not
/// configured can be run all the same. <c>config-files</c> and <c>not-installed</c> have none.
/// </summary>
internal static class DpkgDatabase
{
    public const string StatusPath = "var/lib/dpkg/status";
    public const string StatusFolder = "var/lib/dpkg/status.d";

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-._");

    /// <summary>Whether a path is one of the database's files.</summary>
    public static bool IsPart(string path) => path == StatusPath || IsStatusFile(path);

    /// <summary>Whether a path is a package's own file; checksums lie beside it.</summary>
    public static bool IsStatusFile(string path) => path.Length > StatusFolder.Length + 1
        && path.StartsWith(StatusFolder, StringComparison.Ordinal)
        && path.LastIndexOf('/') == StatusFolder.Length && !path.EndsWith(".md5sums", StringComparison.Ordinal);

    /// <summary>Reads a file of the database.</summary>
    /// <param name="content">The file.</param>
    /// <param name="path">Its path in the image.</param>
    public static PackageDatabase Read(ReadOnlyMemory<byte> content, string path)
    {
        var database = new PackageDatabase();
        using var stream = PackageDatabase.Open(content);
        using var reader = new Deb822Reader(stream, "Package", "Status", "Version", "Architecture", "Source");
        while (reader.TryRead(out var paragraph))
        {
            var (name, status, version, source) = (paragraph.Fields[0], paragraph.Fields[1], paragraph.Fields[2], paragraph.Fields[4]);
            var onDisk = false;
            var fault = paragraph.Fault ?? (string.IsNullOrEmpty(name) ? "the paragraph names no package"
                : !char.IsAsciiLetterOrDigit(name[0]) || name.AsSpan().ContainsAnyExcept(NameCharacters)
                ? $"'{name}' is no name of a package"
                : FindStateFault(status, path, out onDisk));
            if (fault is null && !onDisk)
            {
                continue;
            }

            fault ??= string.IsNullOrEmpty(version) ? "the package has no version" : null;
            if (fault is not null || !TryReadSource(source, name!, version!, out var sourceName, out var sourceVersion))
            {
                database.AddFault(path, paragraph.FaultLine > 0 ? paragraph.FaultLine : paragraph.Line, name, version,
                    fault ?? $"its source '{source}' is not written as 'name' or 'name (version)'");
                continue;
            }

            database.Packages.Add(new InstalledPackage
            {
                Type = "deb",
                Name = name!,
                Version = version!,
                Architecture = paragraph.Fields[3] ?? string.Empty,
                SourceName = sourceName,
                SourceVersion = sourceVersion,
                DatabasePath = path,
            });
        }

        return database;
    }

    /// <summary>Reads a field <c>Source</c>: <c>name</c>, or <c>name (version)</c> where the versions differ.</summary>
    internal static bool TryReadSource(string? source, string package, string version, out string sourceName, out string sourceVersion)
    {
        (sourceName, sourceVersion) = (package, version);
        if (string.IsNullOrEmpty(source))
        {
            return true;
        }

        var open = source.IndexOf('(', StringComparison.Ordinal);
        if (open >= 0)
        {
            if (!source.EndsWith(')') || open + 2 >= source.Length)
            {
                return false;
            }

            sourceVersion = source[(open + 1)..^1].Trim();
        }

        sourceName = (open < 0 ? source : source[..open]).Trim();
        return sourceName.Length > 0 && sourceVersion.Length > 0 && !sourceName.AsSpan().ContainsAnyExcept(NameCharacters);
    }

    private static string? FindStateFault(string? status, string path, out bool onDisk)
    {
        onDisk = true;
        if (string.IsNullOrEmpty(status))
        {
            // The files of status.d are the packages' own control files, which have no status: they are there, so it is installed.
            return path == StatusPath ? "the package has no status" : null;
        }

        var words = status.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        switch (words.Length == 3 ? words[2] : string.Empty)
        {
            case "installed" or "half-installed" or "unpacked" or "half-configured" or "triggers-awaited" or "triggers-pending":
                return null;
            case "config-files" or "not-installed":
                onDisk = false;
                return null;
            default:
                return $"'{status}' is no status of a package";
        }
    }
}
