using System.Text.Json;
using PatchContainers.Advisories.Osv;
using PatchContainers.TestKit.Advisories;

namespace PatchContainers.Core.Tests.Advisories;

/// <summary>Alpine's security database: for each release, source package and CVE the fixed version.</summary>
internal static class AlpineData
{
    /// <summary>Ecosystem, source package, CVE, fixed version.</summary>
    public static Dictionary<string, Dictionary<string, Dictionary<string, string>>> Read() =>
        Directory.GetDirectories(Conformance.Path("vulndata", "alpine-secdb")).ToDictionary(f => "Alpine:" + Path.GetFileName(f), Read);

    /// <summary>All of it as JSON lines, one record a CVE.</summary>
    public static string ToOsv(Dictionary<string, Dictionary<string, Dictionary<string, string>>> data) => string.Join('\n', data
        .SelectMany(e => e.Value.SelectMany(p => p.Value.Select(c => (Cve: c.Key, Ecosystem: e.Key, Package: p.Key, Fixed: c.Value))))
        .ToLookup(x => x.Cve)
        .Select(cve => OsvJson.Record($"ALPINE-{cve.Key}", "2024-01-01T00:00:00Z",
            cve.Select(x => OsvJson.Affected(x.Ecosystem, x.Package, x.Fixed)).ToArray()).ToJsonString()));

    // Both repositories of a release; a CVE that a package names twice counts with the version that has it fixed for good.
    private static Dictionary<string, Dictionary<string, string>> Read(string folder)
    {
        var packages = new Dictionary<string, Dictionary<string, string>>();
        foreach (var file in Directory.GetFiles(folder).Order(StringComparer.Ordinal))
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            foreach (var package in document.RootElement.GetProperty("packages").EnumerateArray().Select(p => p.GetProperty("pkg")))
            {
                if (!package.TryGetProperty("secfixes", out var fixes) || fixes.ValueKind != JsonValueKind.Object)
                {
                    continue;
                }

                var name = package.GetProperty("name").GetString()!;
                if (!packages.TryGetValue(name, out var cves))
                {
                    packages.Add(name, cves = []);
                }

                foreach (var fix in fixes.EnumerateObject().Where(f => f.Value.ValueKind == JsonValueKind.Array))
                {
                    foreach (var cve in fix.Value.EnumerateArray().Select(c => c.GetString()!.Split(' ')[0])
                        .Where(c => OsvNames.CveOf(c) == c))
                    {
                        cves[cve] = fix.Name;
                    }
                }
            }
        }

        return packages;
    }
}
