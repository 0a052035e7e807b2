using System.IO.Compression;
using System.Text.Json;
using PatchContainers.TestKit.Advisories;

namespace PatchContainers.Core.Tests.Advisories;

/// <summary>Debian's own data of July 2023: for each release, source package and CVE the fixed version, null where it is open.</summary>
internal static class DebianData
{
    public static readonly (string Codename, string Ecosystem)[] Releases = [("bookworm", "Debian:12"), ("bullseye", "Debian:11"), ("buster", "Debian:10")];

    /// <summary>Source package, CVE, fixed version.</summary>
    public static Dictionary<string, Dictionary<string, string?>> Read(string codename)
    {
        using var stream = Conformance.Open("vulndata", "debian", $"debian-{codename}-2023-07-14.json.gz");
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.GetProperty("packages").EnumerateObject().ToDictionary(
            p => p.Name, p => p.Value.EnumerateObject().ToDictionary(c => c.Name, c => c.Value.GetString()));
    }

    /// <summary>All of it as osv.dev writes it: a zip with one record a CVE.</summary>
    public static void WriteZip(string path)
    {
        var releases = Releases.Select(r => (r.Ecosystem, Packages: Read(r.Codename))).ToArray();
        var cves = releases.SelectMany(r => r.Packages.SelectMany(p => p.Value.Select(c => (Cve: c.Key, r.Ecosystem, Package: p.Key, Fixed: c.Value)))).ToLookup(x => x.Cve);
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var cve in cves)
        {
            using var stream = zip.CreateEntry($"DEBIAN-{cve.Key}.json", CompressionLevel.Fastest).Open();
            stream.Write(System.Text.Encoding.UTF8.GetBytes(OsvJson.Record($"DEBIAN-{cve.Key}", "2023-07-14T00:00:00Z",
                cve.Select(x => OsvJson.Affected(x.Ecosystem, x.Package, x.Fixed, "not yet assigned")).ToArray()).ToJsonString()));
        }
    }
}
