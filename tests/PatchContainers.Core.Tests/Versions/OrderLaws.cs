using FsCheck;
using FsCheck.Fluent;

namespace PatchContainers.Core.Tests.Versions;

/// <summary>What makes a comparison an order, checked on any values.</summary>
internal static class OrderLaws
{
    public static void Check<T>(Gen<T> values)
        where T : struct, IComparable<T>, IEquatable<T>
    {
        var triples = from a in values from b in values from c in values select (a, b, c);
        Prop.ForAll(triples.ToArbitrary(), t =>
        {
            var (a, b, c) = t;
            var ab = Math.Sign(a.CompareTo(b));
            var reflexive = a.CompareTo(a) == 0;
            var antisymmetric = ab == -Math.Sign(b.CompareTo(a));
            var transitive = !(ab <= 0 && b.CompareTo(c) <= 0) || a.CompareTo(c) <= 0;
            var substitutable = ab != 0 || (Math.Sign(a.CompareTo(c)) == Math.Sign(b.CompareTo(c)) && a.GetHashCode() == b.GetHashCode() && a.Equals(b));
            return reflexive && antisymmetric && transitive && substitutable;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }
}
