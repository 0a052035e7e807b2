namespace PatchContainers.Scanning.Merging;

/// <summary>What several scanners say of one flaw in one package.</summary>
/// <param name="Members">Each scanner's finding, in the scanners' order; a scanner may have several, one for each place.</param>
internal sealed record FindingGroup(IReadOnlyList<(string Scanner, Finding Finding)> Members)
{
    /// <summary>The scanners that found it.</summary>
    public IReadOnlyList<string> Scanners { get; } = [.. Members.Select(m => m.Scanner).Distinct(StringComparer.Ordinal)];

    /// <summary>
    /// The one finding that they come to: the worst severity, with who gave it; a fix where anybody knows of one; suppressed, and not
    /// affected, only where all say so; everything else from the first who says it. Ids, places and scanners are kept, all of them.
    /// </summary>
    public Finding Merge()
    {
        var all = Members.Select(m => m.Finding).ToArray();
        var (first, worst) = (all[0], all.MaxBy(f => f.Severity)!);
        var fix = Array.Find(all, f => f.FixState == FixState.Fixed) ?? Array.Find(all, f => f.FixState == FixState.WontFix)
            ?? Array.Find(all, f => f.FixState == FixState.NotFixed) ?? Array.Find(all, f => f.FixState == FixState.Unknown) ?? first;
        var id = Array.Find(all, f => FindingIds.IsCve(f.Id))?.Id ?? first.Id;
        return first with
        {
            Id = id,
            Aliases = [.. all.SelectMany(f => f.Aliases.Prepend(f.Id)).Where(a => a != id).Distinct(StringComparer.Ordinal)],
            Severity = worst.Severity,
            SeveritySource = worst.SeveritySource,
            SeverityText = worst.SeverityText,
            FixedVersion = fix.FixedVersion,
            FixState = fix.FixState,
            SourcePackage = First(all, f => f.SourcePackage),
            Purl = First(all, f => f.Purl),
            Type = First(all, f => f.Type),
            Path = string.Join(", ", all.Select(f => f.Path).Where(p => p.Length > 0).Distinct(StringComparer.Ordinal)),
            Layer = First(all, f => f.Layer),
            Origin = Array.Find(all, f => f.Origin != FindingOrigin.Unknown)?.Origin ?? FindingOrigin.Unknown,
            KnownExploited = all.Any(f => f.KnownExploited == true) ? true : Array.Find(all, f => f.KnownExploited is not null)?.KnownExploited,
            Epss = all.Max(f => f.Epss),
            Risk = all.Max(f => f.Risk),
            Cvss = worst.Cvss.Length > 0 ? worst.Cvss : First(all, f => f.Cvss),
            Url = First(all, f => f.Url),
            Scanners = Scanners,
            Suppressed = Array.TrueForAll(all, f => f.Suppressed.Length > 0) ? first.Suppressed : string.Empty,
        };
    }

    private static string First(Finding[] all, Func<Finding, string> text) => all.Select(text).FirstOrDefault(t => t.Length > 0) ?? string.Empty;
}
