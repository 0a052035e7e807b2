using System.Text.Json;
using PatchContainers.Packages;

namespace PatchContainers.Scanning.Reports;

/// <summary>Reads the JSON reports of Grype, of any version.</summary>
internal sealed class GrypeReportReader : IReportReader
{
    /// <inheritdoc/>
    public string Scanner => "Grype";

    /// <inheritdoc/>
    public string Format => "Grype JSON";

    /// <inheritdoc/>
    public bool Recognizes(ReportHead head) =>
        !head.IsList && head.Has("matches") && (head.Has("descriptor") || head.Has("source") || head.Names.Count == 1);

    /// <inheritdoc/>
    public IEnumerable<ImageScanResult> Read(JsonCursor cursor)
    {
        var (matches, unassessed) = (new List<GrypeMatch>(), new List<UnassessedPackage>());
        var (source, os, descriptor, hasMatches, isEndOfLife) = (new GrypeSource(), new ScannedOs(), (GrypeDescriptor?)null, false, false);
        foreach (var name in cursor.Members())
        {
            switch (name)
            {
                case "matches":
                    hasMatches = true;
                    matches.AddRange(cursor.Values().Select(GrypeMatch.Read));
                    break;
                case "ignoredMatches":
                    matches.AddRange(cursor.Values().Select(GrypeMatch.ReadIgnored));
                    break;
                case "alertsByPackage":
                    foreach (var alerts in cursor.Values())
                    {
                        isEndOfLife |= alerts.Items("alerts").Any(a => a.Word("type") == "distro-eol");
                        AddUnassessed(alerts, unassessed);
                    }

                    break;
                case "source":
                    using (var document = cursor.Read())
                    {
                        source = GrypeSource.Read(document.RootElement);
                    }

                    break;
                case "distro":
                    using (var document = cursor.Read())
                    {
                        os = new ScannedOs { Family = document.RootElement.Word("name"), Version = document.RootElement.Word("version") };
                    }

                    break;
                case "descriptor":
                    using (var document = cursor.Read())
                    {
                        descriptor = GrypeDescriptor.Read(document.RootElement, cursor);
                    }

                    break;
                default:
                    break;
            }
        }

        if (!hasMatches || (descriptor is null && matches.Count == 0))
        {
            throw cursor.Fault("it has no matches, and does not say that Grype looked for any: scan again");
        }

        return
        [
            new ImageScanResult
            {
                Image = source.Image,
                Digest = source.Digest,
                Platform = source.Platform,
                ManifestDigest = source.ManifestDigest,
                Os = os with { EndOfLife = isEndOfLife ? true : null },
                Scanner = new ScannerInfo
                {
                    Name = Scanner,
                    Version = descriptor?.Version ?? string.Empty,
                    DatabaseTime = descriptor?.DatabaseTime,
                },
                Findings = matches.ConvertAll(m => m.Finding with
                {
                    Layer = source.LayerOf(m),
                    KnownExploited = m.Finding.KnownExploited ?? (descriptor?.KnowsExploited == true ? false : null),
                }),
                Unassessed = unassessed,
                ScannedAt = descriptor?.Time ?? default,
            },
        ];
    }

    // Grype has nothing on packages of a distribution that it does not know, or does not look at.
    private static void AddUnassessed(JsonElement alerts, List<UnassessedPackage> unassessed)
    {
        foreach (var alert in alerts.Items("alerts").Where(a => a.Word("type") != "distro-eol"))
        {
            unassessed.Add(new UnassessedPackage(alerts.Word("package", "name"), alerts.Word("package", "version"),
                ReportText.First(alert.Word("message"), alert.Word("type"))));
        }
    }
}
