using PatchContainers.Packages.Dpkg;

namespace PatchContainers.Repositories.Apt;

/// <summary>Reads a repository's index of binary packages (Debian repository format, "Packages Indices").</summary>
public static class AptPackagesFile
{
    /// <summary>Reads an index, uncompressed, package by package.</summary>
    /// <param name="stream">The index; not disposed.</param>
    /// <param name="source">Where it came from, for errors.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: a paragraph is broken; the message names source, line and
    /// fault.</exception>
    public static IEnumerable<AptPackage> Read(Stream stream, string source)
    {
        using var reader = new Deb822Reader(stream, "Package", "Version", "Architecture", "Source");
        while (reader.TryRead(out var paragraph))
        {
            var (name, version) = (paragraph.Fields[0], paragraph.Fields[1]);
            var isComplete = !string.IsNullOrEmpty(name) && !string.IsNullOrEmpty(version);
            var fault = paragraph.Fault ?? (isComplete ? null : "the paragraph lacks 'Package' or 'Version'");
            var (sourceName, sourceVersion) = (string.Empty, string.Empty);
            if (fault is null && !DpkgDatabase.TryReadSource(paragraph.Fields[3], name!, version!, out sourceName, out sourceVersion))
            {
                fault = "the field 'Source' has no known form";
            }

            if (fault is not null)
            {
                throw new PatchException(PatchErrorCode.InvalidData, source,
                    $"{source}, line {Math.Max(paragraph.FaultLine, paragraph.Line)}: {fault}. Download the index again.");
            }

            yield return new AptPackage(name!, version!, paragraph.Fields[2] ?? string.Empty, sourceName, sourceVersion);
        }
    }
}
