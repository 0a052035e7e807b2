namespace PatchContainers.Rollout.Windows;

/// <summary>Days of the week as texts: <c>Sat,Sun</c>, <c>Mon-Fri</c>, <c>daily</c>.</summary>
internal static class WeekDays
{
    private static readonly string[] Names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

    /// <summary>Reads days; null for what is none. They come from Monday on.</summary>
    public static IReadOnlyList<DayOfWeek>? Parse(string text)
    {
        if (text.Equals("daily", StringComparison.OrdinalIgnoreCase))
        {
            return [.. Enumerable.Range(0, 7).Select(Day)];
        }

        var found = new bool[7];
        foreach (var part in text.Split(','))
        {
            var ends = part.Split('-').Select(e => Array.FindIndex(Names, n => n.Equals(e, StringComparison.OrdinalIgnoreCase))).ToArray();
            if (ends.Length > 2 || ends.Contains(-1))
            {
                return null;
            }

            // Fri-Mon goes over the week's end.
            for (var day = ends[0]; ; day = (day + 1) % 7)
            {
                found[day] = true;
                if (day == ends[^1])
                {
                    break;
                }
            }
        }

        return [.. Enumerable.Range(0, 7).Where(d => found[d]).Select(Day)];
    }

    /// <summary>Writes days so that <see cref="Parse"/> reads them.</summary>
    public static string Format(IReadOnlyCollection<DayOfWeek> days)
    {
        if (days.Distinct().Count() == 7)
        {
            return "daily";
        }

        var parts = new List<string>();
        for (var day = 0; day < 7; day++)
        {
            var last = day;
            while (last < 7 && days.Contains(Day(last)))
            {
                last++;
            }

            parts.AddRange((last - day) switch
            {
                0 => [],
                1 => [Names[day]],
                2 => [Names[day], Names[day + 1]],
                _ => [$"{Names[day]}-{Names[last - 1]}"],
            });
            day = Math.Max(day, last - 1);
        }

        return string.Join(',', parts);
    }

    private static DayOfWeek Day(int fromMonday) => (DayOfWeek)((fromMonday + 1) % 7);
}
