using System.Text;

namespace PatchContainers.Scanning.Reports;

/// <summary>
/// Reads what scanners have written into files, whichever scanner and form: its findings go on as those of any scan do. A report is read as
/// a stream, and its findings are what is kept of it.
/// </summary>
public sealed class ScanReportReader
{
    /// <summary>Where an error's <see cref="Exception.Data"/> has the digest of the other image that a report is of.</summary>
    internal const string OtherDigestKey = "other digest";

    // SARIF's last: it stands for no scanner that could be named for an empty report.
    private static readonly IReportReader[] Readers =
    [
        new TrivyReportReader(), new TrivyClusterReader(), new TrivyOperatorReader(),
        new GrypeReportReader(),
        new AnchoreReportReader(), new AnchorePolicyReader(),
        new ClairReportReader(), new ClairLegacyReader(),
        new CycloneDxReportReader(),
        new SarifReportReader(),
    ];

    private readonly TimeProvider _time;

    /// <summary>Makes a reader.</summary>
    /// <param name="time">The clock: a report that does not say when it was made is as old as its file.</param>
    public ScanReportReader(TimeProvider time) => _time = time;

    /// <summary>The forms that are read.</summary>
    public static IReadOnlyList<string> Formats { get; } = [.. Readers.Select(r => r.Format).Distinct(StringComparer.Ordinal)];

    /// <summary>The scanners whose reports are read.</summary>
    public static IReadOnlyList<string> Scanners { get; } =
        [.. Readers.Select(r => r.Scanner).Where(s => s.Length > 0).Distinct(StringComparer.Ordinal)];

    /// <summary>Reads a report: one result for each image and platform in it, findings worst first.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">What is known besides.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidData"/>: it is no report of a form that is known, of several images
    /// where one is named, of another image than the one that is named, or says that the scan failed;
    /// <see cref="PatchErrorCode.InvalidArgument"/>: no such scanner; <see cref="PatchErrorCode.NotFound"/>,
    /// <see cref="PatchErrorCode.FileError"/>: it cannot be read.</exception>
    public IReadOnlyList<ImageScanResult> Read(string path, ScanReportOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            var reader = Find(path, options.Scanner, cancellationToken);
            using var stream = Open(path);
            using var cursor = new JsonCursor(stream, path, cancellationToken);
            var results = reader.Read(cursor).Select(r => r with { Findings = r.Findings.Order(FindingOrder.Instance).ToArray() }).ToArray();
            cursor.End();
            return Complete(results, path, options);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PatchException(PatchErrorCode.NotFound, path, $"There is no report '{path}'.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PatchException(PatchErrorCode.FileError, path, $"The report '{path}' cannot be read: {e.Message}", e);
        }
    }

    private static IReportReader Find(string path, string scanner, CancellationToken cancellationToken)
    {
        var candidates = Readers.Where(r => scanner.Length == 0 || r.Scanner.Length == 0
            || r.Scanner.Equals(scanner, StringComparison.OrdinalIgnoreCase)).ToArray();
        if (scanner.Length > 0 && !Scanners.Contains(scanner, StringComparer.OrdinalIgnoreCase))
        {
            throw new PatchException(PatchErrorCode.InvalidArgument, scanner,
                $"'{scanner}' is no scanner whose reports are read. They are: {string.Join(", ", Scanners)}.");
        }

        using var stream = Open(path);
        using var cursor = new JsonCursor(stream, path, cancellationToken);
        var head = ReportHead.Read(cursor);
        if (Array.Find(candidates, r => r.Recognizes(head)) is { } found)
        {
            return found;
        }

        // Some scanners write an empty list where they found nothing. Whether it is one of theirs, nobody can tell from it.
        if (head.IsEmpty)
        {
            return scanner.Length > 0 ? candidates[0] : throw new PatchException(PatchErrorCode.InvalidData, path,
                $"'{path}' is empty JSON, which does not tell what was scanned, or whether. Name the scanner that wrote it, and the image.");
        }

        throw new PatchException(PatchErrorCode.InvalidData, path,
            $"'{path}' is no report of {(scanner.Length > 0 ? scanner : "a form that is known")}. Its top has "
            + $"{string.Join(", ", head.Names.Take(8).Select(n => $"'{n}'"))}. What is read: {string.Join(", ", Formats)}.");
    }

    private ImageScanResult[] Complete(ImageScanResult[] results, string path, ScanReportOptions options)
    {
        if (results.Length == 0)
        {
            throw new PatchException(PatchErrorCode.InvalidData, path, $"'{path}' holds no result of an image.");
        }

        if (options.Image.Length > 0 && results.DistinctBy(r => (r.Image, r.Digest)).Count() > 1)
        {
            throw new PatchException(PatchErrorCode.InvalidData, path,
                $"'{path}' is of several images: {string.Join(", ", results.Select(r => r.Image).Distinct().Take(3))}. Name none.");
        }

        var made = new DateTimeOffset(File.GetLastWriteTimeUtc(path), TimeSpan.Zero);
        return Array.ConvertAll(results, r =>
        {
            if (options.Scanner.Length > 0 && !r.Scanner.Name.Equals(options.Scanner, StringComparison.OrdinalIgnoreCase))
            {
                throw new PatchException(PatchErrorCode.InvalidData, path, $"'{path}' is a report of {r.Scanner.Name}, and not of {options.Scanner}.");
            }

            var manifest = ReportText.First(r.ManifestDigest, r.Digest);
            var platform = options.Platforms.GetValueOrDefault(manifest);
            if (options.Digest.Length > 0 && manifest.Length > 0 && r.Digest != options.Digest && r.ManifestDigest != options.Digest
                && platform is null)
            {
                throw new PatchException(PatchErrorCode.InvalidData, path,
                    $"'{path}' is of {(r.Image.Length > 0 ? $"{r.Image} ({ReportText.First(r.Digest, manifest)})" : manifest)}, and not of {options.Image}"
                        + $"{(options.Image.Length > 0 ? "@" : string.Empty)}{options.Digest}.")
                {
                    Data = { [OtherDigestKey] = manifest },
                };
            }

            var isProven = options.Digest.Length > 0 && manifest.Length > 0;
            if (!isProven && ReportText.IsOtherImage(r.Image, options.Image))
            {
                throw new PatchException(PatchErrorCode.InvalidData, path, $"'{path}' is of {r.Image}, and not of {options.Image}. Where both are one image, "
                    + "name it as the report does, or by the digest that the report tells.");
            }

            return r with
            {
                Image = options.Image.Length > 0 ? options.Image : r.Image.Length > 0 ? r.Image : throw new PatchException(
                    PatchErrorCode.InvalidData, path, $"'{path}' does not name the image that it is of: name it."),
                Digest = options.Digest.Length > 0 ? options.Digest : r.Digest,
                ManifestDigest = platform is null ? r.ManifestDigest : manifest,
                Platform = ReportText.First(r.Platform, platform),
                Base = options.Base,
                Workloads = options.Workloads.Count > 0 ? options.Workloads : r.Workloads,
                ScannedAt = r.ScannedAt != default ? r.ScannedAt : made < _time.GetUtcNow() ? made : _time.GetUtcNow(),
            };
        });
    }

    // UTF-8, or what Windows PowerShell makes of output that is redirected into a file: UTF-16 with a byte order mark.
    private static Stream Open(string path)
    {
        var file = File.OpenRead(path);
        try
        {
            Span<byte> start = stackalloc byte[3];
            var length = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            var (skip, encoding) = start[..length] switch
            {
                [0xFF, 0xFE, ..] => (2, Encoding.Unicode),
                [0xFE, 0xFF, ..] => (2, Encoding.BigEndianUnicode),
                [0xEF, 0xBB, 0xBF] => (3, Encoding.UTF8),
                _ => (0, Encoding.UTF8),
            };
            file.Position = skip;
            return encoding == Encoding.UTF8 ? file : Encoding.CreateTranscodingStream(file, encoding, Encoding.UTF8);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
